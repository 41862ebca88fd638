#include "listing.h"

#include "cli_scoped.h"
#include "failure.h"
#include "visible.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SHOWN  32 /* columns; our widest listing has half as many */
#define HEADER_SIZE 32

static size_t
count_shown(const struct column *columns)
{
    size_t count = 0;

    for (; columns->type != COLUMN_END; columns++)
        count += columns->header != NULL ? 1 : 0;
    return count;
}

static const struct column *
next_shown(const struct column *column)
{
    while (column->type != COLUMN_END && column->header == NULL)
        column++;
    return column;
}

static enum sealift_status
make_room(struct listing *listing, size_t cells, struct sealift_error *err)
{
    size_t capacity = listing->capacity != 0 ? listing->capacity * 2 : 16 * cells;
    char **larger;

    if ((listing->rows + 1) * cells <= listing->capacity)
        return SEALIFT_OK;
    larger = realloc(listing->cells, capacity * sizeof(*larger));
    if (larger == NULL)
        return failure_no_memory(err);
    listing->cells = larger;
    listing->capacity = capacity;
    return SEALIFT_OK;
}

static enum sealift_status
make_cell(const struct column *column, const void *row, char **ret_cell, struct sealift_error *err)
{
    char *text = NULL;
    size_t len;
    FILE *memory = open_memstream(&text, &len);

    if (memory == NULL)
        return failure_no_memory(err);
    output_cell(memory, column, row);
    if (fclose(memory) != 0) {
        free(text);
        return failure_no_memory(err);
    }
    *ret_cell = text;
    return SEALIFT_OK;
}

static enum sealift_status
keep_row(struct listing *listing, const void *row, struct sealift_error *err)
{
    const size_t shown = count_shown(listing->columns);
    const struct column *column = listing->columns;
    char **cells;

    TRY(make_room(listing, shown, err));
    cells = listing->cells + listing->rows * shown;
    memset(cells, 0, shown * sizeof(*cells));
    listing->rows++;
    for (size_t i = 0; i < shown; i++, column++) {
        column = next_shown(column);
        TRY(make_cell(column, row, &cells[i], err));
    }
    return SEALIFT_OK;
}

enum sealift_status
listing_add(struct listing *listing, const void *row, struct sealift_error *err)
{
    if (!listing->json)
        return keep_row(listing, row, err);
    fputs(listing->rows == 0 ? "[\n" : ",\n", listing->out);
    output_json(listing->out, listing->columns, row);
    listing->rows++;
    return SEALIFT_OK;
}

/* A cell of a row that memory ran out for is missing. */
static const char *
cell_at(const struct listing *listing, size_t index)
{
    return listing->cells[index] != NULL ? listing->cells[index] : "";
}

/* 0: no row has anything in this column, so it is left out. */
static size_t
measure_column(const struct listing *listing, const struct column *column, size_t index, size_t shown)
{
    size_t width = strlen(column->header);
    bool is_used = false;

    for (size_t row = 0; row < listing->rows; row++) {
        const char *cell = cell_at(listing, row * shown + index);

        is_used = is_used || strcmp(cell, "-") != 0;
        width = visible_width(cell) > width ? visible_width(cell) : width;
    }
    return is_used ? width : 0;
}

static bool
is_right_aligned(enum column_type type)
{
    return type == COLUMN_BYTES || type == COLUMN_COUNT || type == COLUMN_NUMBER || type == COLUMN_SECONDS;
}

static void
write_padded(FILE *out, const char *cell, size_t width, const struct column *column, bool last)
{
    int padding = (int)(width - visible_width(cell));

    if (is_right_aligned(column->type))
        fprintf(out, "%*s%s", padding, "", cell);
    else
        fprintf(out, "%s%*s", cell, last ? 0 : padding, "");
    fputs(last ? "\n" : "  ", out);
}

/* `row` counts from 0; SIZE_MAX is the line of headers. */
static void
write_line(const struct listing *listing, const size_t *widths, size_t shown, size_t row)
{
    const struct column *column = listing->columns;
    size_t last = shown - 1;

    while (last > 0 && widths[last] == 0)
        last--;
    for (size_t i = 0; i <= last; i++, column++) {
        char header[HEADER_SIZE] = "";

        column = next_shown(column);
        for (size_t c = 0; row == SIZE_MAX && c < sizeof(header) - 1 && column->header[c] != '\0'; c++)
            header[c] = (char)toupper((unsigned char)column->header[c]);
        if (widths[i] > 0)
            write_padded(listing->out, row == SIZE_MAX ? header : cell_at(listing, row * shown + i), widths[i], column,
                         i == last);
    }
}

static void
write_table(const struct listing *listing)
{
    const size_t shown = count_shown(listing->columns);
    const struct column *column = listing->columns;
    size_t widths[MOST_SHOWN];

    assert(shown <= MOST_SHOWN);
    for (size_t i = 0; i < shown; i++, column++) {
        column = next_shown(column);
        widths[i] = measure_column(listing, column, i, shown);
    }
    write_line(listing, widths, shown, SIZE_MAX);
    for (size_t row = 0; row < listing->rows; row++)
        write_line(listing, widths, shown, row);
}

void
listing_end(struct listing *listing)
{
    if (listing->json)
        fputs(listing->rows == 0 ? "[]\n" : "\n]\n", listing->out);
    else if (listing->rows > 0)
        write_table(listing);
}

void
listing_done(struct listing *listing)
{
    for (size_t i = 0; !listing->json && i < listing->rows * count_shown(listing->columns); i++)
        free(listing->cells[i]);
    free(listing->cells);
    listing->cells = NULL;
}
