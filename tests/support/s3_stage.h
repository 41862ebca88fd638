/* What tests of the S3 client stand on: an environment without anybody's AWS settings, and a client whose bucket is a
 * server that follows a script. */
#ifndef S3_STAGE_H
#define S3_STAGE_H

#include "s3.h"

#include "scripted_server.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Forgets every AWS setting and proxy that this machine may have. */
static inline void
forget_aws(void)
{
    for (char **entry = environ; *entry != NULL;) {
        char name[128];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "AWS_", 4) == 0 || strcasestr(name, "_proxy") != NULL) {
            unsetenv(name);
            entry = environ;
        } else {
            entry++;
        }
    }
    setenv("HOME", "/nonexistent", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

/* The environment of a host that was given long-term keys. */
static inline void
use_plain_keys(void)
{
    forget_aws();
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1);
}

/* A whole answer; `headers` are lines that end in \r\n each. It stays good for the next 63 calls. */
static inline const char *
reply(const char *status, const char *headers, const char *body)
{
    static char answers[64][16384];
    static size_t next;
    char *answer = answers[next++ % 64];

    snprintf(answer, sizeof(answers[0]), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
             headers, body);
    return answer;
}

/* An error of the store. */
static inline const char *
refusal(const char *status, const char *code)
{
    char body[1024];

    snprintf(body, sizeof(body),
             "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>in its own words</Message></Error>", code);
    return reply(status, "Content-Type: application/xml\r\n", body);
}

#define S3_STAGE_MAX_STEPS 32

struct s3_stage {
    struct scripted_world world;
    struct scripted_step steps[S3_STAGE_MAX_STEPS];
    struct scripted_server *server;
    struct s3 *s3;
    struct sealift_error err;
};

/* The bucket "b" at a server that gives these answers, which a NULL ends. `options` may be NULL; its bucket and
 * endpoint are set here. */
static inline void
s3_stage_open(struct s3_stage *stage, const struct s3_options *options, const char *const *answers)
{
    struct s3_options all = options != NULL ? *options : (struct s3_options){0};
    size_t count = 0;

    scripted_world_init(&stage->world, "2026-11-24T14:45:57Z");
    for (; answers[count] != NULL; count++) {
        cr_assert_lt(count, S3_STAGE_MAX_STEPS);
        stage->steps[count] = (struct scripted_step){.answer = answers[count]};
    }
    stage->server = scripted_server_start(stage->steps, count, NULL);
    all.bucket = "b";
    all.endpoint = scripted_server_url(stage->server);
    cr_assert_eq(s3_new(&stage->world.world, &all, &stage->s3, &stage->err), SEALIFT_OK, "%s", stage->err.message);
}

static inline void
s3_stage_done(struct s3_stage *stage)
{
    s3_free(&stage->s3);
    scripted_server_stop(&stage->server);
}

#define S3_STAGE_OPEN(stage, options, ...) s3_stage_open(stage, options, (const char *const[]){__VA_ARGS__, NULL})

static inline const char *
header_of(struct s3_stage *stage, size_t request, const char *name)
{
    return scripted_server_saw_header(stage->server, request, name);
}

#define ASSERT_LINE(stage, request, line)                                                                              \
    cr_assert(scripted_server_saw_line((stage)->server, request, line), "%s",                                          \
              scripted_server_head((stage)->server, request))
#define ASSERT_REQUESTS(stage, count) cr_assert_eq(scripted_server_requests((stage)->server), count)
#define ASSERT_SAYS(err, text)        cr_assert_not_null(strstr((err).message, text), "%s", (err).message)

#endif
