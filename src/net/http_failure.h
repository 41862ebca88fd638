/* What it means that no answer came: libcurl's codes turned into statuses and sentences. Only src/net includes this. */
#ifndef HTTP_FAILURE_H
#define HTTP_FAILURE_H

#include <curl/curl.h>
#include <sealift/status.h>

/* `easy` has just failed with `code`; `detail` is its error buffer. The message starts with the host of `url`. */
enum sealift_status http_failure(CURL *easy, CURLcode code, const char *url, const char *detail,
                                 struct sealift_error *err);

/* Puts the host of `url` before the message that `err` already holds. */
enum sealift_status http_failure_prefix(const char *url, struct sealift_error *err);

#endif
