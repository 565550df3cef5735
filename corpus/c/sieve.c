// Primes below 200, by the sieve of Eratosthenes.
// returns 46

int main(void) {
    int composite[200];
    int count = 0;
    for (int i = 0; i < 200; i++) {
        composite[i] = 0;
    }
    for (int i = 2; i < 200; i++) {
        if (!composite[i]) {
            count++;
            for (int j = i + i; j < 200; j += i) {
                composite[j] = 1;
            }
        }
    }
    return count;
}
