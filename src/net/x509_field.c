#include "x509_field.h"

#include "world.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A time that cannot be read lies nowhere near today. */
static int64_t
read_time_ns(const ASN1_TIME *time)
{
    struct tm broken;
    int64_t ns;

    if (ASN1_TIME_to_tm(time, &broken) != 1)
        return INT64_MIN;
    if (__builtin_mul_overflow((int64_t)timegm(&broken), NS_PER_S, &ns))
        return broken.tm_year < 70 ? INT64_MIN : INT64_MAX;
    return ns;
}

int64_t
x509_field_begins_ns(const X509 *certificate)
{
    return read_time_ns(X509_get0_notBefore(certificate));
}

int64_t
x509_field_ends_ns(const X509 *certificate)
{
    return read_time_ns(X509_get0_notAfter(certificate));
}

static void
print_name(const X509_NAME *name, char out[X509_FIELD_SIZE])
{
    BIO *text = BIO_new(BIO_s_mem());
    int len = 0;

    if (text != NULL && X509_NAME_print_ex(text, name, 0, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
        len = BIO_read(text, out, X509_FIELD_SIZE - 1);
    out[len > 0 ? len : 0] = '\0';
    BIO_free(text);
}

void
x509_field_subject(const X509 *certificate, char out[X509_FIELD_SIZE])
{
    print_name(X509_get_subject_name(certificate), out);
}

void
x509_field_issuer(const X509 *certificate, char out[X509_FIELD_SIZE])
{
    print_name(X509_get_issuer_name(certificate), out);
}

static void
append(char out[X509_FIELD_SIZE], const char *text, size_t len)
{
    size_t at = strlen(out);

    snprintf(out + at, X509_FIELD_SIZE - at, "%s%.*s", at > 0 ? ", " : "", (int)len, text);
}

static void
append_alternative(char out[X509_FIELD_SIZE], const GENERAL_NAME *name)
{
    char address[INET6_ADDRSTRLEN];
    int kind;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);

    if (kind == GEN_DNS) {
        append(out, (const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    } else if (kind == GEN_IPADD && (ASN1_STRING_length(value) == 4 || ASN1_STRING_length(value) == 16)) {
        inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), address,
                  sizeof(address));
        append(out, address, strlen(address));
    }
}

void
x509_field_names(const X509 *certificate, char out[X509_FIELD_SIZE])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int len;

    out[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        append_alternative(out, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    if (out[0] != '\0')
        return;
    len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out, X509_FIELD_SIZE);
    out[len > 0 ? strlen(out) : 0] = '\0';
}
