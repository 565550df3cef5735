// Fibonacci that remembers, in a static array.
// returns 241

long fibonacci(int n) {
    static long known[91];
    if (n < 2) {
        return n;
    }
    if (known[n] == 0) {
        long one = fibonacci(n - 1);
        long two = fibonacci(n - 2);
        known[n] = one + two;
    }
    return known[n];
}

int main(void) {
    return fibonacci(90) % 249;
}
