/* How an answer is gathered while it arrives. Only src/net includes this; readers use http.h. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "http.h"

/* One line as it came: a status line (the headers of an interim answer are then over), a header, or the empty line.
 * CORRUPT when the headers grow beyond reason. */
enum sealift_status http_answer_add_header(struct http_answer *answer, struct bytes line, struct sealift_error *err);

/* A piece of the body; CORRUPT beyond `max` bytes in all. */
enum sealift_status http_answer_add_text(struct http_answer *answer, struct bytes data, size_t max,
                                         struct sealift_error *err);

#endif
