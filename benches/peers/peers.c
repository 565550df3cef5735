/* What peers take for the same programs. Made and run by main.rs; nothing of iocc is linked with it.
   -DTCC: each program of a list by libtcc in memory, with its inputs.
   -DGCC: each program by `gcc -O0 -shared`, loaded and run on its inputs.
   -DLIMIT: functions that gcc compiled before, called in a loop on all inputs.
   Prints a line a program: the least nanoseconds of some tries, then what the arrays hold after the last (LIMIT: their
   sum, weighed by place). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#ifdef TCC
#include <libtcc.h>
#endif

#define CELLS 5
#define INPUTS 10
typedef int *function(int *);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

#ifdef LIMIT
extern function *const functions[];
extern const int count;

int main(void)
{
    enum { ALL = 59049 };
    int *inputs = malloc(ALL * CELLS * sizeof(int)), *rows = malloc(ALL * CELLS * sizeof(int));
    if (!inputs || !rows)
        fail("no memory");
    for (int n = 0; n < ALL; n++)
        for (int place = 0, rest = n; place < CELLS; place++, rest /= 9)
            inputs[n * CELLS + place] = rest % 9 - 4;
    for (int number = 0; number < count; number++) {
        double best = 1e18;
        unsigned sum = 0;
        for (int try = 0; try < 9; try++) {
            double start = now();
            memcpy(rows, inputs, ALL * CELLS * sizeof(int));
            for (int n = 0; n < ALL; n++)
                functions[number](rows + n * CELLS);
            double took = now() - start;
            best = took < best ? took : best;
        }
        for (int at = 0; at < ALL * CELLS; at++)
            sum += (unsigned)rows[at] * (unsigned)(at + 1);
        printf("%.0f %u\n", best, sum);
    }
}
#else
static char source[1 << 20];
static int inputs[INPUTS * CELLS], rows[INPUTS * CELLS];

/* One program, from its source to what it makes of its inputs; the time that takes. */
static void run(function *called)
{
    memcpy(rows, inputs, sizeof rows);
    for (int n = 0; n < INPUTS; n++)
        called(rows + n * CELLS);
}

#ifdef TCC
static double once(const char *folder)
{
    (void)folder;
    double start = now();
    TCCState *state = tcc_new();
    if (!state)
        fail("tcc_new fails");
    /* Without the C library, which these programs do not need. */
    tcc_set_options(state, "-nostdlib");
    tcc_set_output_type(state, TCC_OUTPUT_MEMORY);
    if (tcc_compile_string(state, source) < 0 || tcc_relocate(state, TCC_RELOCATE_AUTO) < 0)
        fail("libtcc refuses a program");
    run((function *)tcc_get_symbol(state, "func_1"));
    tcc_delete(state);
    return now() - start;
}
#else
extern char **environ;

static double once(const char *folder)
{
    char text[4096], object[4096];
    snprintf(text, sizeof text, "%s/one.c", folder);
    snprintf(object, sizeof object, "%s/one.so", folder);
    double start = now();
    FILE *file = fopen(text, "w");
    if (!file || fputs(source, file) < 0 || fclose(file))
        fail("no source can be written");
    char *arguments[] = {"gcc", "-O0", "-shared", "-fPIC", "-o", object, text, NULL};
    pid_t child;
    int status;
    if (posix_spawnp(&child, "gcc", NULL, NULL, arguments, environ) || waitpid(child, &status, 0) < 0 || status)
        fail("gcc refuses a program");
    void *library = dlopen(object, RTLD_NOW);
    if (!library)
        fail(dlerror());
    run((function *)dlsym(library, "func_1"));
    dlclose(library);
    return now() - start;
}
#endif

/* FILE FOLDER TRIES: the file has, for each program, its length, its bytes and its inputs. */
int main(int argc, char **argv)
{
    if (argc != 4)
        fail("FILE FOLDER TRIES");
    FILE *file = fopen(argv[1], "r");
    if (!file)
        fail("the list cannot be read");
    size_t length;
    while (fscanf(file, "%zu\n", &length) == 1) {
        if (length >= sizeof source || fread(source, 1, length, file) != length)
            fail("the list is not whole");
        source[length] = 0;
        for (int at = 0; at < INPUTS * CELLS; at++)
            if (fscanf(file, "%d", &inputs[at]) != 1)
                fail("the list is not whole");
        double best = 1e18;
        for (int try = 0; try < atoi(argv[3]); try++) {
            double took = once(argv[2]);
            best = took < best ? took : best;
        }
        printf("%.0f", best);
        for (int at = 0; at < INPUTS * CELLS; at++)
            printf(" %d", rows[at]);
        putchar('\n');
    }
}
#endif
