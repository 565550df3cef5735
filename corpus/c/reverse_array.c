// An array turned round in place.
// returns 9

int main(void) {
    int a[10];
    for (int i = 0; i < 10; i++) {
        a[i] = i;
    }
    for (int i = 0; i < 5; i++) {
        int t = a[i];
        a[i] = a[9 - i];
        a[9 - i] = t;
    }
    for (int i = 0; i < 10; i++) {
        if (a[i] != 9 - i) {
            return 0;
        }
    }
    return a[0];
}
