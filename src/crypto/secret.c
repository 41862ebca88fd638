#include "secret.h"

#include "error.h"
#include "scoped.h"
#include "wiping_heap.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for some thousands of keys. Both must be powers of two; a key with its length and NUL takes a block of 64. */
#define HEAP_SIZE      ((size_t)1 << 20)
#define HEAP_MIN_BLOCK 64

/* What CRYPTO_secure_malloc_init() answers. */
enum heap_state { HEAP_FAILED = 0, HEAP_LOCKED = 1, HEAP_NOT_LOCKED = 2 };

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static enum heap_state heap_state;

/* OpenSSL says where in its source it asks. */
static void *
openssl_takes(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return wiping_heap_malloc(size);
}

static void *
openssl_grows(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return wiping_heap_realloc(memory, size);
}

static void
openssl_frees(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    wiping_heap_free(memory);
}

static void
prepare_process(void)
{
    struct rlimit no_core = {0, 0};

    /* Neither can fail for a process that lowers its own. */
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    CRYPTO_set_mem_functions(openssl_takes, openssl_grows, openssl_frees);
    heap_state = (enum heap_state)CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_MIN_BLOCK);
}

enum sealift_status
secret_init(struct sealift_error *err)
{
    pthread_once(&prepared, prepare_process);
    if (heap_state == HEAP_FAILED)
        return error_set(err, SEALIFT_NO_MEMORY, "the %zu KiB of protected memory for keys cannot be set up",
                         HEAP_SIZE >> 10);
    return SEALIFT_OK;
}

bool
secret_heap_is_locked(void)
{
    return heap_state == HEAP_LOCKED;
}

enum sealift_status
secret_new(size_t len, struct secret **ret_secret, struct sealift_error *err)
{
    struct secret *secret;

    if (len > SECRET_MAX)
        return error_set(err, SEALIFT_INVALID, "a secret of %zu bytes is longer than the %zu that are allowed", len,
                         SECRET_MAX);
    /* Without the secure heap OpenSSL would quietly fall back to plain memory. */
    TRY(secret_init(err));
    secret = OPENSSL_secure_zalloc(sizeof(*secret) + len + 1);
    if (secret == NULL)
        return error_set(err, SEALIFT_NO_MEMORY, "the %zu KiB of protected memory for keys are used up",
                         HEAP_SIZE >> 10);
    secret->len = len;
    *ret_secret = secret;
    return SEALIFT_OK;
}

enum sealift_status
secret_copy(struct bytes from, struct secret **ret_secret, struct sealift_error *err)
{
    struct secret *secret;

    TRY(secret_new(from.len, &secret, err));
    if (from.len > 0)
        memcpy(secret->bytes, from.data, from.len);
    *ret_secret = secret;
    return SEALIFT_OK;
}

enum sealift_status
secret_random(const struct world *world, size_t len, struct secret **ret_secret, struct sealift_error *err)
{
    struct secret *secret;

    TRY(secret_new(len, &secret, err));
    world->entropy->fill(world->entropy, secret->bytes, len);
    *ret_secret = secret;
    return SEALIFT_OK;
}

void
secret_free(struct secret **secret)
{
    if (*secret != NULL)
        OPENSSL_secure_clear_free(*secret, sizeof(**secret) + (*secret)->len + 1);
    *secret = NULL;
}

struct bytes
secret_bytes(const struct secret *secret)
{
    return (struct bytes){secret->bytes, secret->len};
}

const char *
secret_text(const struct secret *secret)
{
    return (const char *)secret->bytes;
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && CRYPTO_memcmp(a->bytes, b->bytes, a->len) == 0;
}

static void
warn_when_readable_by_all(const struct world *world, int fd, const char *path)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) != 0)
        world_log(world, LOG_WARNING, "%s: every user of this machine can read this secret; chmod 600 is what it needs",
                  path);
}

/* Into protected memory directly: what is read never stands in an ordinary buffer. */
static enum sealift_status
read_secret(int fd, const char *path, struct secret *room, size_t *ret_len, struct sealift_error *err)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = read(fd, room->bytes + len, room->len - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s: cannot read the secret", path);
        if (n == 0)
            break;
        len += (size_t)n;
        if (len == room->len)
            return error_set(err, SEALIFT_INVALID, "%s: has %zu bytes or more, too long for a secret", path, len);
    }
    if (len > 0 && room->bytes[len - 1] == '\n')
        len--;
    *ret_len = len;
    return SEALIFT_OK;
}

enum sealift_status
secret_from_file(const struct world *world, const char *path, struct secret **ret_secret, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    SCOPED(secret_free) struct secret *room = NULL;
    size_t len;

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open the file of a secret", path);
    warn_when_readable_by_all(world, fd, path);
    TRY(secret_new(SECRET_MAX, &room, err));
    TRY(read_secret(fd, path, room, &len, err));
    if (len == 0)
        return error_set(err, SEALIFT_INVALID, "%s: is empty, where a secret was expected", path);
    if (memchr(room->bytes, '\0', len) != NULL)
        return error_set(err, SEALIFT_INVALID, "%s: holds a NUL byte, so it is no token or password", path);
    return secret_copy((struct bytes){room->bytes, len}, ret_secret, err);
}
