/* libsealift: encrypted snapshots of a filesystem, carried to S3-compatible storage with the wrapped key that opens
 * them. One header per concept. */
#ifndef SEALIFT_SEALIFT_H
#define SEALIFT_SEALIFT_H

#include <sealift/cluster.h>
#include <sealift/fs.h>
#include <sealift/keys.h>
#include <sealift/kms.h>
#include <sealift/obs.h>
#include <sealift/recover.h>
#include <sealift/removal.h>
#include <sealift/selection.h>
#include <sealift/snapshot.h>
#include <sealift/status.h>
#include <sealift/transfer.h>

#endif
