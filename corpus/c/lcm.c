// Least common multiple of 36 and 60.
// returns 180

int gcd(int a, int b) {
    while (b) {
        int r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int main(void) {
    return 36 / gcd(36, 60) * 60;
}
