#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

void
finding_note_down(struct finding_note *note, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(note->message, sizeof(note->message), format, arguments);
    va_end(arguments);
}

void
findings_tell(struct findings *findings, const char *call, bool ok, bool warning, const char *message)
{
    struct kms_finding finding = {call, ok, warning, message};

    findings->each(findings->context, &finding);
}

bool
findings_add(struct findings *findings, const char *call, enum sealift_status status, const struct finding_note *note,
             const struct sealift_error *error)
{
    if (status == SEALIFT_OK) {
        findings_tell(findings, call, true, note->warning, note->message);
        return true;
    }
    findings_tell(findings, call, false, false, error->message);
    if (findings->status == SEALIFT_OK) {
        findings->status = status;
        findings->error = *error;
    }
    return false;
}

enum sealift_status
findings_end(const struct findings *findings, struct sealift_error *err)
{
    if (findings->status != SEALIFT_OK)
        *err = findings->error;
    return findings->status;
}
