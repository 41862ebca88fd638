#include "impact_tally.h"

const char *
impact_verdict_name(enum impact_verdict verdict)
{
    static const char *const names[] = {
        [IMPACT_UNKNOWN] = "unknown",
        [IMPACT_CLAIMED] = "claimed",
        [IMPACT_DIES] = "dies",
        [IMPACT_SURVIVES] = "survives",
    };

    return names[verdict];
}

static enum impact_verdict
judge(uint64_t condemned, uint64_t others, uint64_t claimed)
{
    if (others > 0)
        return IMPACT_SURVIVES;
    if (condemned > 0)
        return IMPACT_DIES;
    return claimed > 0 ? IMPACT_CLAIMED : IMPACT_UNKNOWN;
}

void
impact_tally_note_failure(struct impact_tally *tally, const struct sealift_error *failure)
{
    if (tally->failure.status != SEALIFT_UNAVAILABLE)
        tally->failure = *failure;
}

static void
count_at_rest(struct impact_tally *tally, const struct proof *proof)
{
    tally->at_rest++;
    tally->at_rest_others += proof->opens && !proof->condemned ? 1 : 0;
    tally->at_rest_condemned += proof->opens && proof->condemned ? 1 : 0;
    tally->at_rest_claimed += !proof->opens && proof->claimed ? 1 : 0;
}

/* Of those that tell the most, the newest record; a manifest's own is added last, and is no newer. */
static bool
tells_more(const struct impact_tally *tally, const struct proof *proof, enum impact_wrapping wrapping)
{
    if (tally->opened == IMPACT_NOTHING)
        return true;
    if (!proof->condemned)
        return tally->others == 0 || wrapping == IMPACT_RECORD;
    return tally->others == 0 && wrapping == IMPACT_RECORD;
}

void
impact_tally_add(struct impact_tally *tally, const struct proof *proof, enum impact_wrapping wrapping,
                 const struct uuid *record)
{
    tally->wrappings++;
    if (proof->has_at_rest_key)
        count_at_rest(tally, proof);
    if (!proof->opens) {
        tally->claimed += proof->claimed ? 1 : 0;
        impact_tally_note_failure(tally, &proof->failure);
        return;
    }
    if (tells_more(tally, proof, wrapping)) {
        tally->opened = wrapping;
        tally->by = proof->by;
        if (record != NULL)
            tally->record = *record;
    }
    tally->others += proof->condemned ? 0 : 1;
    tally->condemned += proof->condemned ? 1 : 0;
}

void
impact_tally_add_unread(struct impact_tally *tally, const struct sealift_error *failure)
{
    tally->wrappings++;
    impact_tally_note_failure(tally, failure);
}

enum impact_verdict
impact_tally_judge(const struct impact_tally *tally)
{
    return judge(tally->condemned, tally->others, tally->claimed);
}

enum impact_verdict
impact_tally_judge_all(const struct impact_tally *tally)
{
    enum impact_verdict verdict = impact_tally_judge(tally);

    if (verdict != IMPACT_SURVIVES || tally->at_rest == 0)
        return verdict;
    return judge(tally->at_rest_condemned, tally->at_rest_others, tally->at_rest_claimed);
}
