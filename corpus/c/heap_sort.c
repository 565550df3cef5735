// An array sorted by a heap.
// returns 1

void sift(int a[], int root, int n) {
    while (2 * root + 1 < n) {
        int child = 2 * root + 1;
        if (child + 1 < n && a[child] < a[child + 1]) {
            child++;
        }
        if (a[root] >= a[child]) {
            return;
        }
        int t = a[root];
        a[root] = a[child];
        a[child] = t;
        root = child;
    }
}

int main(void) {
    int a[19];
    for (int i = 0; i < 19; i++) {
        a[i] = i * 8 % 19;
    }
    for (int i = 18 / 2; i >= 0; i--) {
        sift(a, i, 19);
    }
    for (int n = 18; n > 0; n--) {
        int t = a[0];
        a[0] = a[n];
        a[n] = t;
        sift(a, 0, n);
    }
    for (int i = 0; i < 19; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
