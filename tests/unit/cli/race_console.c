/* Progress, notices and log lines from threads of their own: no line is torn, none is lost. */
#include "captured.h"
#include "console.h"

#include <string.h>

#define EACH 200

static struct console console;

static void *
report(void *unused)
{
    struct sealift_progress progress = {.stage = "upload", .bytes_total = EACH};

    for (unsigned i = 0; i < EACH; i++) {
        progress.bytes = i;
        progress.seconds = i;
        console_progress(&console, &progress);
    }
    return unused;
}

static void *
notice(void *unused)
{
    for (unsigned i = 0; i < EACH; i++)
        console_notice(&console, SEALIFT_NOTICE_CHANGED, "a/b", "grew");
    return unused;
}

static void *
say(void *unused)
{
    for (unsigned i = 0; i < EACH; i++)
        console_log(&console, SEALIFT_LOG_DEBUG, "GET answered 200");
    return unused;
}

static unsigned
count(const char *text, const char *line)
{
    unsigned found = 0;

    for (; (text = strstr(text, line)) != NULL; text++)
        found++;
    return found;
}

int
main(void)
{
    static void *(*const bodies[])(void *) = {report, notice, say, say};
    pthread_t threads[4];
    struct captured captured;
    const char *text;
    bool whole;

    console = (struct console){.out = captured_begin(&captured), .verbose = true};
    console_init(&console);
    for (size_t i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, bodies[i], NULL) != 0)
            return 1;
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    console_finish(&console);
    console_done(&console);
    text = captured_end(&captured);
    whole = count(text, "changed: a/b: grew\n") == EACH && count(text, "debug: GET answered 200\n") == 2 * EACH;
    if (!whole)
        fputs("lines were torn or lost\n", stderr);
    return whole ? 0 : 1;
}
