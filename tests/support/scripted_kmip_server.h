/* The scripted KMIP server's inside: what its threads share. For scripted_kmip*.c alone. */
#ifndef SCRIPTED_KMIP_SERVER_H
#define SCRIPTED_KMIP_SERVER_H

#include "scripted_kmip.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRIPTED_KMIP_FAULTS 16

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("scripted kmip: " #condition);                                                                      \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct counted_fault {
    struct scripted_fault fault;
    size_t seen; /* of what it counts */
};

struct scripted_kmip {
    SSL_CTX *tls;
    int listener;
    int crowd[2]; /* of a full server: who waits for ever to be let in */
    int stop;     /* an eventfd */
    unsigned port;
    char address[32];
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t gone;  /* one connection less */
    struct scripted_kmip_model model;
    struct counted_fault faults[SCRIPTED_KMIP_FAULTS];
    size_t fault_count, faults_at_work;
    struct scripted_request *requests;
    size_t request_count, request_capacity;
    char complaint[SCRIPTED_COMPLAINT_SIZE];
    size_t accepted, handshakes, open;
};

struct scripted_connection {
    struct scripted_kmip *server;
    int fd;
    SSL *ssl;
    size_t number;
    struct scripted_fault hello; /* what happens to it before there is a request */
};

/* A thread's: serves it until it ends, and frees it. */
void *scripted_connection_run(void *connection);

/* Counts what the fault looks at, and says whether its time has come. */
bool scripted_fault_is_due(struct counted_fault *fault);

#endif
