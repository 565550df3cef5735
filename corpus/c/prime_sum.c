// The sum of the primes below 30.
// returns 129

int main(void) {
    int sum = 0;
    for (int n = 2; n < 30; n++) {
        int d = 2;
        while (n % d != 0) {
            d++;
        }
        if (d == n) {
            sum += n;
        }
    }
    return sum;
}
