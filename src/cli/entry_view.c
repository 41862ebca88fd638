#include "entry_view.h"

#include "quantity.h"
#include "visible.h"

#include <string.h>

#define NS_PER_S 1000000000

const struct column entry_view_columns[] = {
    {"path", "path", COLUMN_TEXT, offsetof(struct entry_view, path)},
    {"type", "type", COLUMN_TEXT, offsetof(struct entry_view, type)},
    {"mode", "mode", COLUMN_TEXT, offsetof(struct entry_view, mode)},
    {"uid", "uid", COLUMN_NUMBER, offsetof(struct entry_view, uid)},
    {"gid", "gid", COLUMN_NUMBER, offsetof(struct entry_view, gid)},
    {"size", "size", COLUMN_BYTES, offsetof(struct entry_view, size)},
    {"modified", "modified", COLUMN_TIME, offsetof(struct entry_view, modified_ns)},
    {"mtime_s", NULL, COLUMN_NUMBER, offsetof(struct entry_view, mtime_s)},
    {"mtime_ns", NULL, COLUMN_NUMBER, offsetof(struct entry_view, mtime_ns)},
    {"major", NULL, COLUMN_NUMBER, offsetof(struct entry_view, major)},
    {"minor", NULL, COLUMN_NUMBER, offsetof(struct entry_view, minor)},
    {"target", "target", COLUMN_TEXT, offsetof(struct entry_view, target)},
    {0},
};

static bool
is_hard_link(const struct sealift_entry *entry)
{
    return strcmp(entry->type, "hard-link") == 0;
}

static int64_t
wall_ns_of(const struct sealift_entry *entry)
{
    if (entry->mtime_s >= INT64_MAX / NS_PER_S)
        return INT64_MAX;
    if (entry->mtime_s <= INT64_MIN / NS_PER_S)
        return INT64_MIN;
    return entry->mtime_s * NS_PER_S + entry->mtime_ns;
}

void
entry_view_fill(const struct sealift_entry *entry, struct entry_view *view)
{
    *view = (struct entry_view){
        .path = entry->path,
        .type = entry->type,
        .uid = entry->uid,
        .gid = entry->gid,
        .size = entry->size,
        .modified_ns = wall_ns_of(entry),
        .mtime_s = entry->mtime_s,
        .mtime_ns = entry->mtime_ns,
        .major = entry->major,
        .minor = entry->minor,
        .target = entry->target,
    };
    snprintf(view->mode_text, sizeof(view->mode_text), "%04o", entry->mode);
    view->mode = is_hard_link(entry) ? NULL : view->mode_text;
}

static char
letter_of(const char *type)
{
    static const struct {
        const char *type;
        char letter;
    } letters[] = {{"directory", 'd'}, {"symlink", 'l'},          {"fifo", 'p'},
                   {"socket", 's'},    {"character-device", 'c'}, {"block-device", 'b'}};

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (strcmp(letters[i].type, type) == 0)
            return letters[i].letter;
    return '-';
}

/* "drwxr-sr-x", as ls(1) has it. */
static void
write_mode(FILE *out, const struct sealift_entry *entry)
{
    static const struct {
        uint32_t special;
        char with, without; /* the right to execute */
    } classes[] = {{04000, 's', 'S'}, {02000, 's', 'S'}, {01000, 't', 'T'}};

    putc(letter_of(entry->type), out);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t rights = entry->mode >> (6 - 3 * i);
        bool is_special = (entry->mode & classes[i].special) != 0;

        putc((rights & 4) != 0 ? 'r' : '-', out);
        putc((rights & 2) != 0 ? 'w' : '-', out);
        if ((rights & 1) != 0)
            putc(is_special ? classes[i].with : 'x', out);
        else
            putc(is_special ? classes[i].without : '-', out);
    }
}

static void
write_size(FILE *out, const struct sealift_entry *entry)
{
    char text[QUANTITY_TEXT] = "-";

    if (letter_of(entry->type) == 'c' || letter_of(entry->type) == 'b')
        snprintf(text, sizeof(text), "%u, %u", entry->major, entry->minor);
    else if (letter_of(entry->type) == '-')
        quantity_write_bytes(entry->size, text);
    fprintf(out, "%10s", text);
}

/* A hard link has nothing but what it leads to; the columns stay where they are. */
static void
write_attributes(FILE *out, const struct sealift_entry *entry)
{
    char time[QUANTITY_TEXT];

    if (is_hard_link(entry)) {
        fprintf(out, "%-10s %6s %6s %10s  %-19s  ", "hard link", "-", "-", "-", "-");
        return;
    }
    write_mode(out, entry);
    fprintf(out, " %6u %6u ", entry->uid, entry->gid);
    write_size(out, entry);
    quantity_write_time_local(wall_ns_of(entry), time);
    fprintf(out, "  %s  ", time);
}

void
entry_view_write(FILE *out, const struct sealift_entry *entry, bool is_long)
{
    if (is_long)
        write_attributes(out, entry);
    visible_write(out, entry->path);
    if (is_long && entry->target != NULL) {
        fputs(" -> ", out);
        visible_write(out, entry->target);
    }
    putc('\n', out);
}
