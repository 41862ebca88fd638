#include "kmip_mode.h"

const struct kmip_mode kmip_modes[KMIP_MODE_COUNT] = {
    {KMIP_AES_GCM, false},
    {KMIP_AES_GCM, true},
    {KMIP_AES_CBC, false},
    {KMIP_AES_CBC, true},
};

bool
kmip_mode_is_known(const struct kmip_mode *mode)
{
    return mode->cipher == KMIP_AES_GCM || mode->cipher == KMIP_AES_CBC;
}

bool
kmip_mode_equal(const struct kmip_mode *a, const struct kmip_mode *b)
{
    return a->cipher == b->cipher && a->own_iv == b->own_iv;
}

const char *
kmip_cipher_name(enum kmip_cipher cipher)
{
    switch (cipher) {
    case KMIP_AES_GCM:
        return "AES-GCM";
    case KMIP_AES_CBC:
        return "AES-CBC";
    case KMIP_CIPHER_UNKNOWN:
        break;
    }
    return "";
}

const char *
kmip_mode_name(const struct kmip_mode *mode)
{
    return kmip_cipher_name(mode->cipher);
}

const char *
kmip_mode_words(const struct kmip_mode *mode)
{
    if (!kmip_mode_is_known(mode))
        return "no known mode";
    if (mode->cipher == KMIP_AES_GCM)
        return mode->own_iv ? "AES-GCM with an IV of ours" : "AES-GCM with an IV of the server's";
    return mode->own_iv ? "AES-CBC with an IV of ours" : "AES-CBC with an IV of the server's";
}
