#include "mount_entry.h"

#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
mount_entry_done(struct mount_entry *entry)
{
    free_done(&entry->root);
    free_done(&entry->point);
    free_done(&entry->type);
    free_done(&entry->source);
}

static void
close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/* statx() tells it only since Linux 5.8. */
static enum sealift_status
read_mount_id(int fd, const char *path, int *ret_id, struct sealift_error *err)
{
    SCOPED(close_file) FILE *file = NULL;
    SCOPED(free_done) char *line = NULL;
    char name[64];
    size_t room = 0;

    snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
    file = fopen(name, "re");
    if (file == NULL)
        return error_errno(err, errno, "%s: %s does not tell its mount; is /proc mounted?", path, name);
    while (getline(&line, &room, file) > 0) {
        if (sscanf(line, "mnt_id: %d", ret_id) == 1)
            return SEALIFT_OK;
    }
    return error_set(err, SEALIFT_NOT_FOUND, "%s: %s does not tell its mount", path, name);
}

/* Blanks and backslashes stand there as a backslash and three octal digits. */
static void
unescape(char *text)
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
            *out++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            at += 3;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

/* "36 35 98:0 /part /mnt rw,noatime shared:1 ... - ext4 /dev/sda1 rw": the fields before the dash may grow. */
bool
mount_entry_parse(const char *line, struct mount_entry *ret_entry)
{
    SCOPED(mount_entry_done) struct mount_entry entry = {0};
    const char *dash = strstr(line, " - ");

    if (dash == NULL ||
        sscanf(line, "%d %*d %u:%u %ms %ms", &entry.id, &entry.major, &entry.minor, &entry.root, &entry.point) != 5 ||
        sscanf(dash, " - %ms %ms", &entry.type, &entry.source) != 2)
        return false;
    unescape(entry.root);
    unescape(entry.point);
    unescape(entry.source);
    *ret_entry = entry;
    entry = (struct mount_entry){0};
    return true;
}

enum sealift_status
mount_entry_of(int fd, const char *path, struct mount_entry *ret_entry, struct sealift_error *err)
{
    SCOPED(close_file) FILE *file = NULL;
    SCOPED(free_done) char *line = NULL;
    struct mount_entry entry;
    size_t room = 0;
    int id;

    TRY(read_mount_id(fd, path, &id, err));
    file = fopen("/proc/self/mountinfo", "re");
    if (file == NULL)
        return error_errno(err, errno, "/proc/self/mountinfo: cannot open");
    while (getline(&line, &room, file) > 0) {
        if (!mount_entry_parse(line, &entry))
            continue;
        if (entry.id == id) {
            *ret_entry = entry;
            return SEALIFT_OK;
        }
        mount_entry_done(&entry);
    }
    return error_set(err, SEALIFT_NOT_FOUND, "%s: /proc/self/mountinfo does not list its mount", path);
}
