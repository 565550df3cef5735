// Primes below 100, by trial division.
// returns 25

int prime(int n) {
    if (n < 2) {
        return 0;
    }
    for (int d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return 0;
        }
    }
    return 1;
}

int main(void) {
    int count = 0;
    for (int n = 0; n < 100; n++) {
        count += prime(n);
    }
    return count;
}
