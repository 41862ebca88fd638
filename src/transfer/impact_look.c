#include "impact_look.h"

#include "error.h"

bool
impact_ends_all(const struct impact_look *look, struct sealift_error *err)
{
    return error_ends_all(err->status) || kms_routes_audit_ready(look->request->routes, err) != SEALIFT_OK;
}
