// Times a sorting kernel beside std::sort and beside a network of comparisons and exchanges, on the same values:
// seconds a tuple, one line each. benches/kernel.rs defines N, KERNEL (a statement over `int v[N]`) and NETWORK (pairs).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>
#ifdef VECTORS
#include <immintrin.h>
#endif

static const int TUPLES = 1 << 12;
static const int ROUNDS = 400;

static inline void exchange(int &low, int &high) {
    int least = low < high ? low : high, greatest = low < high ? high : low;
    low = least;
    high = greatest;
}

__attribute__((noinline)) static void by_kernel(int *v) { KERNEL }

__attribute__((noinline)) static void by_network(int *v) {
#define X(i, j) exchange(v[i], v[j]);
    NETWORK
}

__attribute__((noinline)) static void by_library(int *v) { std::sort(v, v + N); }

static double timed(void (*sort)(int *), const std::vector<int> &values) {
    double least = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        std::vector<int> copy(values);
        auto start = std::chrono::steady_clock::now();
        for (int tuple = 0; tuple < TUPLES; tuple++)
            sort(&copy[tuple * N]);
        std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        least = std::min(least, took.count() / TUPLES);
        for (int tuple = 0; tuple < TUPLES; tuple++)
            if (!std::is_sorted(&copy[tuple * N], &copy[tuple * N] + N))
                std::abort();
    }
    return least;
}

int main() {
    std::srand(1);
    std::vector<int> values(TUPLES * N);
    for (int &value : values)
        value = std::rand() % 1000;
    std::printf("%.12f\n%.12f\n%.12f\n", timed(by_kernel, values), timed(by_network, values), timed(by_library, values));
}
