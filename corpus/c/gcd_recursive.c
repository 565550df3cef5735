// The same by recursion: gcd(270, 192).
// returns 6

int gcd(int a, int b) {
    if (b == 0) {
        return a;
    }
    return gcd(b, a % b);
}

int main(void) {
    return gcd(270, 192);
}
