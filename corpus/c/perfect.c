// The perfect numbers below 100 added up.
// returns 34

int main(void) {
    int total = 0;
    for (int n = 2; n < 100; n++) {
        int s = 0;
        for (int d = 1; d < n; d++) {
            if (n % d == 0) {
                s += d;
            }
        }
        if (s == n) {
            total += n;
        }
    }
    return total;
}
