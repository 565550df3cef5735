// Runs the wrappers on the inputs of a file (see bytes() in gcc.rs). A child does the runs in order and reports in
// shared memory; where a sanitizer or a signal ends it, another one goes on with the next run.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAITING, STARTED, RETURNED, STOPPED, TIMED_OUT, MOST_ARGUMENTS = 16 };

#ifdef RENEW
// The bytes of all variables that outlive a call, and what they held at first.
extern char __data_start[], _edata[], __bss_start[], _end[];
static char *first_values;

// Copies between variables and `first_values`; no byte is forbidden here, not even between variables.
__attribute__((no_sanitize("address", "undefined"), optimize("O1")))
static void copy_variables(int back)
{
    volatile char *saved = first_values;
    for (volatile char *at = __data_start; at < (volatile char *)_end; at++, saved++) {
        // But for the pointer to them.
        if (at >= (volatile char *)&first_values && at < (volatile char *)(&first_values + 1))
            continue;
        if (back)
            *at = *saved;
        else
            *saved = *at;
    }
}
#endif

// Fills `result` (state, value, arrays) with what the run at `run` does.
static void run_one(const int *run, int *result)
{
    int *arrays[MOST_ARGUMENTS] = {0};
    int scalars[MOST_ARGUMENTS] = {0};
    int lengths[MOST_ARGUMENTS] = {0};
    int wrapper = *run++, count = *run++;
    for (int i = 0; i < count; i++) {
        lengths[i] = *run++;
        if (lengths[i] < 0) {
            scalars[i] = *run++;
            continue;
        }
        // Exactly as large as the array, so that the sanitizer knows where it ends.
        arrays[i] = malloc(lengths[i] * sizeof(int));
        memcpy(arrays[i], run, lengths[i] * sizeof(int));
        run += lengths[i];
    }
#ifdef RENEW
    copy_variables(1);
#endif
    struct itimerval limit = {{0, 0}, {1, 0}};
    setitimer(ITIMER_PROF, &limit, NULL);
    result[0] = STARTED;
    int value = wrappers[wrapper](arrays, scalars);
    result[1] = value;
    int *out = result + 2;
    for (int i = 0; i < count; i++) {
        if (lengths[i] >= 0) {
            memcpy(out, arrays[i], lengths[i] * sizeof(int));
            out += lengths[i];
            free(arrays[i]);
        }
    }
    result[0] = RETURNED;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 1;
    struct stat status;
    int file = open(argv[1], O_RDONLY);
    if (file < 0 || fstat(file, &status) != 0)
        return 1;
    // Neither can a run write here by accident.
    const int *data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    int runs = data[0];
    const int **starts = malloc((runs + 1) * sizeof *starts);
    int **results = malloc((runs + 1) * sizeof *results);
    int *area = mmap(NULL, 2 * status.st_size + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int *at = data + 1;
    int *end = area;
    for (int i = 0; i < runs; i++) {
        starts[i] = at;
        results[i] = end;
        end += 2;
        int count = at[1];
        at += 2;
        for (int j = 0; j < count; j++) {
            int length = *at++;
            end += length < 0 ? 0 : length;
            at += length < 0 ? 1 : length;
        }
    }
#ifdef RENEW
    first_values = malloc(_end - __data_start);
    copy_variables(0);
#endif
    for (int next = 0; next < runs;) {
        pid_t child = fork();
        if (child == 0) {
            for (int i = next; i < runs; i++)
                run_one(starts[i], results[i]);
            _exit(0);
        }
        int how;
        if (child < 0 || waitpid(child, &how, 0) != child)
            return 1;
        while (next < runs && results[next][0] == RETURNED)
            next++;
        if (next < runs) {
            int timed_out = WIFSIGNALED(how) && WTERMSIG(how) == SIGPROF;
            results[next++][0] = timed_out ? TIMED_OUT : STOPPED;
        }
    }
    FILE *out = fopen(argv[2], "wb");
    if (!out)
        return 1;
    fwrite(area, sizeof(int), end - area, out);
    return fclose(out) != 0;
}
