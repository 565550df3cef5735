// Greatest common divisor by Euclid: gcd(1071, 462).
// returns 21

int gcd(int a, int b) {
    while (b != 0) {
        int r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int main(void) {
    return gcd(1071, 462);
}
