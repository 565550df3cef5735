// Three to the fifth, by squaring.
// returns 243

int power(int b, int e) {
    int r = 1;
    while (e > 0) {
        if (e & 1) {
            r *= b;
        }
        e >>= 1;
        if (e > 0) {
            b *= b;
        }
    }
    return r;
}

int main(void) {
    return power(3, 5);
}
