#include "s3_learnt.h"

#include <stdio.h>

void
s3_learnt_init(struct s3_learnt *learnt, const char *region)
{
    *learnt = (struct s3_learnt){0};
    pthread_mutex_init(&learnt->lock, NULL);
    snprintf(learnt->facts.region, sizeof(learnt->facts.region), "%s", region);
}

void
s3_learnt_done(struct s3_learnt *learnt)
{
    pthread_mutex_destroy(&learnt->lock);
}

struct s3_facts
s3_learnt_facts(struct s3_learnt *learnt)
{
    struct s3_facts facts;

    pthread_mutex_lock(&learnt->lock);
    facts = learnt->facts;
    pthread_mutex_unlock(&learnt->lock);
    return facts;
}

void
s3_learnt_answered(struct s3_learnt *learnt)
{
    pthread_mutex_lock(&learnt->lock);
    learnt->facts.answered = true;
    pthread_mutex_unlock(&learnt->lock);
}

void
s3_learnt_region(struct s3_learnt *learnt, const char *region)
{
    pthread_mutex_lock(&learnt->lock);
    snprintf(learnt->facts.region, sizeof(learnt->facts.region), "%s", region);
    pthread_mutex_unlock(&learnt->lock);
}

void
s3_learnt_skew(struct s3_learnt *learnt, int64_t skew_ns)
{
    pthread_mutex_lock(&learnt->lock);
    learnt->facts.skew_ns = skew_ns;
    pthread_mutex_unlock(&learnt->lock);
}

void
s3_learnt_refuses_condition(struct s3_learnt *learnt)
{
    pthread_mutex_lock(&learnt->lock);
    learnt->facts.refuses_condition = true;
    pthread_mutex_unlock(&learnt->lock);
}

void
s3_learnt_wants_md5(struct s3_learnt *learnt)
{
    pthread_mutex_lock(&learnt->lock);
    learnt->facts.wants_md5 = true;
    pthread_mutex_unlock(&learnt->lock);
}
