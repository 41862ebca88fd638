/* Many threads on one client, for ThreadSanitizer to watch: credentials that are looked for and forgotten, facts that
 * are learnt. */
#include "s3.h"

#include "scoped.h"
#include "scripted_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS  8
#define REQUESTS 10
#define STEPS    (THREADS * REQUESTS * 4)

static struct cancel cancel;

/* Sleeps nobody through the waits between tries. */
static void
do_not_sleep(struct clock *clock, int64_t ns, const struct cancel *unused)
{
    (void)clock, (void)ns, (void)unused;
}

static struct clock impatient;
static const struct world world = {&impatient, &entropy_system, &cancel, NULL};

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_s3: %s\n", message);
        exit(1);
    }
}

static void *
put_objects(void *context)
{
    static const uint8_t digest[32];
    struct s3 *s3 = context;

    for (int i = 0; i < REQUESTS; i++) {
        struct sealift_error err = {0};

        need(s3_put(s3, "k", bytes_of_text("x"), digest, true, &err) == SEALIFT_OK, err.message);
    }
    return NULL;
}

/* Most are accepted; some teach the client something (once: no request may be unlucky twice). */
static const char *
choose_answer(size_t i)
{
    if (i == THREADS / 2)
        return "HTTP/1.1 400 Bad Request\r\nContent-Length: 40\r\n\r\n<Error><Code>ExpiredToken</Code></Error>";
    if (i == THREADS + 1)
        return "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n";
    if (i == 3 * THREADS)
        return "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n";
    return i % 8 == 1 ? "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
                      : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
}

int
main(void)
{
    static struct scripted_step steps[STEPS];
    struct scripted_server *server;
    struct s3_options options = {.bucket = "b"};
    struct sealift_error err = {0};
    pthread_t threads[THREADS];
    struct s3 *s3 = NULL;

    impatient = clock_system;
    impatient.sleep_ns = do_not_sleep;
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    for (size_t i = 0; i < STEPS; i++)
        steps[i].answer = choose_answer(i);
    server = scripted_server_start(steps, STEPS, NULL);
    options.endpoint = scripted_server_url(server);
    need(s3_new(&world, &options, &s3, &err) == SEALIFT_OK, err.message);
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, put_objects, s3) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    s3_free(&s3);
    scripted_server_stop(&server);
    return 0;
}
