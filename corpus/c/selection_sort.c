// An array sorted by selecting the smallest.
// returns 1

void sort(int a[], int n) {
    for (int i = 0; i < n; i++) {
        int least = i;
        for (int j = i + 1; j < n; j++) {
            if (a[j] < a[least]) {
                least = j;
            }
        }
        int t = a[i];
        a[i] = a[least];
        a[least] = t;
    }
}

int main(void) {
    int a[16];
    for (int i = 0; i < 16; i++) {
        a[i] = (i * 11 + 5) % 16;
    }
    sort(a, 16);
    for (int i = 0; i < 16; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
