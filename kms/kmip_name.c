#include "kmip_name.h"

#include <stddef.h>

static const char *const reason_names[] = {
    [0x01] = "Item Not Found",
    [0x02] = "Response Too Large",
    [0x03] = "Authentication Not Successful",
    [0x04] = "Invalid Message",
    [0x05] = "Operation Not Supported",
    [0x06] = "Missing Data",
    [0x07] = "Invalid Field",
    [0x08] = "Feature Not Supported",
    [0x09] = "Operation Canceled By Requester",
    [0x0a] = "Cryptographic Failure",
    [0x0b] = "Illegal Operation",
    [0x0c] = "Permission Denied",
    [0x0d] = "Object Archived",
    [0x0e] = "Index Out of Bounds",
    [0x0f] = "Application Namespace Not Supported",
    [0x10] = "Key Format Type Not Supported",
    [0x11] = "Key Compression Type Not Supported",
    [0x12] = "Encoding Option Error",
    [0x13] = "Key Value Not Present",
    [0x14] = "Attestation Required",
    [0x15] = "Attestation Failed",
    [0x16] = "Sensitive",
    [0x17] = "Not Extractable",
    [0x18] = "Object Already Exists",
    [0x19] = "Invalid Ticket",
    [0x1a] = "Usage Limit Exceeded",
    [0x1b] = "Numeric Range",
    [0x1c] = "Invalid Data Type",
    [0x1d] = "Read Only Attribute",
    [0x1e] = "Multi Valued Attribute",
    [0x1f] = "Unsupported Attribute",
    [0x20] = "Attribute Instance Not Found",
    [0x21] = "Attribute Not Found",
    [0x22] = "Attribute Read Only",
    [0x23] = "Attribute Single Valued",
    [0x24] = "Bad Cryptographic Parameters",
    [0x25] = "Bad Password",
    [0x26] = "Codec Error",
    [0x28] = "Illegal Object Type",
    [0x29] = "Incompatible Cryptographic Usage Mask",
    [0x2a] = "Internal Server Error",
    [0x2b] = "Invalid Asynchronous Correlation Value",
    [0x2c] = "Invalid Attribute",
    [0x2d] = "Invalid Attribute Value",
    [0x2e] = "Invalid Correlation Value",
    [0x2f] = "Invalid CSR",
    [0x30] = "Invalid Object Type",
    [0x32] = "Key Wrap Type Not Supported",
    [0x34] = "Missing Initialization Vector",
    [0x35] = "Non Unique Name Attribute",
    [0x36] = "Object Destroyed",
    [0x37] = "Object Not Found",
    [0x39] = "Not Authorised",
    [0x3a] = "Server Limit Exceeded",
    [0x3b] = "Unknown Enumeration",
    [0x3c] = "Unknown Message Extension",
    [0x3d] = "Unknown Tag",
    [0x3e] = "Unsupported Cryptographic Parameters",
    [0x3f] = "Unsupported Protocol Version",
    [0x40] = "Wrapping Object Archived",
    [0x41] = "Wrapping Object Destroyed",
    [0x42] = "Wrapping Object Not Found",
    [0x43] = "Wrong Key Lifecycle State",
    [0x44] = "Protection Storage Unavailable",
    [0x45] = "PKCS#11 Codec Error",
    [0x46] = "PKCS#11 Invalid Function",
    [0x47] = "PKCS#11 Invalid Interface",
    [0x48] = "Private Protection Storage Unavailable",
    [0x49] = "Public Protection Storage Unavailable",
    [0x4a] = "Unknown Object Group",
    [0x4b] = "Constraint Violation",
    [0x4c] = "Duplicate Process Request",
    [0x100] = "General Failure",
};

const char *
kmip_reason_name(uint32_t reason)
{
    if (reason >= sizeof(reason_names) / sizeof(reason_names[0]) || reason_names[reason] == NULL)
        return "";
    return reason_names[reason];
}

const char *
kmip_operation_name(enum kmip_operation operation)
{
    switch (operation) {
    case KMIP_DISCOVER_VERSIONS:
        return "Discover Versions";
    case KMIP_QUERY:
        return "Query";
    case KMIP_GET_ATTRIBUTES:
        return "Get Attributes";
    case KMIP_ENCRYPT:
        return "Encrypt";
    case KMIP_DECRYPT:
        return "Decrypt";
    }
    return "";
}
