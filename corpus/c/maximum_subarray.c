// The largest sum of neighbours in -2 1 -3 4 -1 2 1 -5 4.
// returns 6

int main(void) {
    int a[9];
    a[0] = -2;
    a[1] = 1;
    a[2] = -3;
    a[3] = 4;
    a[4] = -1;
    a[5] = 2;
    a[6] = 1;
    a[7] = -5;
    a[8] = 4;
    int best = a[0];
    int here = a[0];
    for (int i = 1; i < 9; i++) {
        here = here > 0 ? here + a[i] : a[i];
        if (here > best) {
            best = here;
        }
    }
    return best;
}
