// The largest of the powers of 5 modulo 97, of which 5 is a primitive root.
// returns 96

int main(void) {
    int a[100];
    int seed = 1;
    for (int i = 0; i < 100; i++) {
        seed = seed * 5 % 97;
        a[i] = seed;
    }
    int most = a[0];
    for (int i = 1; i < 100; i++) {
        if (a[i] > most) {
            most = a[i];
        }
    }
    return most;
}
