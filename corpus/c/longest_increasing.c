// The longest increasing subsequence of 10 9 2 5 3 7 101 18.
// returns 4

int main(void) {
    int a[8];
    int length[8];
    a[0] = 10;
    a[1] = 9;
    a[2] = 2;
    a[3] = 5;
    a[4] = 3;
    a[5] = 7;
    a[6] = 101;
    a[7] = 18;
    int best = 0;
    for (int i = 0; i < 8; i++) {
        length[i] = 1;
        for (int j = 0; j < i; j++) {
            if (a[j] < a[i] && length[j] + 1 > length[i]) {
                length[i] = length[j] + 1;
            }
        }
        if (length[i] > best) {
            best = length[i];
        }
    }
    return best;
}
