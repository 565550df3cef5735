// Euler's totient of 80.
// returns 32

int gcd(int a, int b) {
    while (b) {
        int r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int main(void) {
    int count = 0;
    for (int i = 1; i <= 80; i++) {
        if (gcd(i, 80) == 1) {
            count++;
        }
    }
    return count;
}
