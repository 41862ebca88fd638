#include "aws_config.h"

#include <string.h>

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct bytes
skip(struct bytes text, size_t n)
{
    return (struct bytes){text.data + n, text.len - n};
}

static struct bytes
trim(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = skip(text, 1);
    while (text.len > 0 && (is_blank(text.data[text.len - 1]) || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static bool
cut_line(struct bytes *rest, struct bytes *ret_line)
{
    const uint8_t *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->data, '\n', rest->len);
    *ret_line = (struct bytes){rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};
    *rest = skip(*rest, ret_line->len + (end != NULL));
    return true;
}

static struct bytes
without_comment(struct bytes text)
{
    for (size_t i = 1; i < text.len; i++)
        if (is_blank(text.data[i - 1]) && (text.data[i] == '#' || text.data[i] == ';'))
            return (struct bytes){text.data, i - 1};
    return text;
}

static struct bytes
without_quotes(struct bytes text)
{
    if (text.len >= 2 && (text.data[0] == '"' || text.data[0] == '\'') && text.data[text.len - 1] == text.data[0])
        return (struct bytes){text.data + 1, text.len - 2};
    return text;
}

/* Whether a section's header, the text behind its '[', opens the profile. */
static bool
opens_profile(struct bytes header, enum aws_file file, const char *profile)
{
    static const char keyword[] = "profile";
    const size_t keyword_len = sizeof(keyword) - 1;
    const uint8_t *end = memchr(header.data, ']', header.len);
    struct bytes name;

    if (end == NULL)
        return false;
    name = trim((struct bytes){header.data, (size_t)(end - header.data)});
    if (file == AWS_FILE_CREDENTIALS || bytes_equal(name, bytes_of_text("default")))
        return bytes_equal(name, bytes_of_text(profile));
    if (name.len <= keyword_len || memcmp(name.data, keyword, keyword_len) != 0 || !is_blank(name.data[keyword_len]))
        return false;
    return bytes_equal(without_quotes(trim(skip(name, keyword_len))), bytes_of_text(profile));
}

/* key = value; false for anything else, and for an empty value. */
static bool
split_setting(struct bytes line, struct bytes *ret_key, struct bytes *ret_value)
{
    const uint8_t *equals = memchr(line.data, '=', line.len);

    if (equals == NULL)
        return false;
    *ret_key = trim((struct bytes){line.data, (size_t)(equals - line.data)});
    *ret_value = trim(without_comment(skip(line, (size_t)(equals - line.data) + 1)));
    return ret_key->len > 0 && ret_value->len > 0;
}

static bool
is_key(struct bytes key, const char *wanted)
{
    return key.len == strlen(wanted) && strncasecmp((const char *)key.data, wanted, key.len) == 0;
}

/* One pass over the text: whether the profile is there, and the last value of `key` (NULL: none is
 * looked for) in it. */
static bool
scan(struct bytes text, enum aws_file file, const char *profile, const char *key, struct bytes *ret_value)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
    bool inside = false, has_profile = false;
    struct bytes line, name, value;

    if (text.len >= sizeof(byte_order_mark) && memcmp(text.data, byte_order_mark, sizeof(byte_order_mark)) == 0)
        text = skip(text, sizeof(byte_order_mark));
    while (cut_line(&text, &line)) {
        if (line.len == 0 || is_blank(line.data[0]) || line.data[0] == '#' || line.data[0] == ';')
            continue;
        if (line.data[0] == '[') {
            inside = opens_profile(skip(line, 1), file, profile);
            has_profile = has_profile || inside;
        } else if (inside && key != NULL && split_setting(line, &name, &value) && is_key(name, key)) {
            *ret_value = value;
        }
    }
    return has_profile;
}

bool
aws_config_has_profile(struct bytes text, enum aws_file file, const char *profile)
{
    return scan(text, file, profile, NULL, NULL);
}

bool
aws_config_find(struct bytes text, enum aws_file file, const char *profile, const char *key, struct bytes *ret_value)
{
    struct bytes value = {0};

    scan(text, file, profile, key, &value);
    if (value.len == 0)
        return false;
    *ret_value = value;
    return true;
}
