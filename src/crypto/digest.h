/* Digests and MACs. */
#ifndef DIGEST_H
#define DIGEST_H

#include "secret.h"

#define SHA256_SIZE 32
#define MD5_SIZE    16

enum sealift_status sha256(struct bytes data, uint8_t out[SHA256_SIZE], struct sealift_error *err);
/* Only for the Content-MD5 header of stores that know no better (RFC 1864); never for our own integrity. */
enum sealift_status md5(struct bytes data, uint8_t out[MD5_SIZE], struct sealift_error *err);
enum sealift_status hmac_sha256(struct bytes key, struct bytes data, uint8_t out[SHA256_SIZE],
                                struct sealift_error *err);

/* SHA-256 in pieces. */
struct sha256_stream;
enum sealift_status sha256_stream_new(struct sha256_stream **ret_stream, struct sealift_error *err);
void sha256_stream_free(struct sha256_stream **stream);
enum sealift_status sha256_stream_add(struct sha256_stream *stream, struct bytes data, struct sealift_error *err);
enum sealift_status sha256_stream_end(struct sha256_stream *stream, uint8_t out[SHA256_SIZE],
                                      struct sealift_error *err);

/* HMAC-SHA-256 with a key that is set once and used often (keyed chunk names): one thread each. */
struct mac;
enum sealift_status mac_new(const struct secret *key, struct mac **ret_mac, struct sealift_error *err);
void mac_free(struct mac **mac);
enum sealift_status mac_compute(struct mac *mac, struct bytes data, uint8_t out[SHA256_SIZE],
                                struct sealift_error *err);

/* Compares two digests in constant time. */
bool digest_equal(const uint8_t *a, const uint8_t *b, size_t len);

#endif
