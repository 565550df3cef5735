// An array sorted by exchanging neighbours.
// returns 1

void sort(int a[], int n) {
    for (int i = 0; i < n - 1; i++) {
        for (int j = 0; j < n - 1 - i; j++) {
            if (a[j] > a[j + 1]) {
                int t = a[j];
                a[j] = a[j + 1];
                a[j + 1] = t;
            }
        }
    }
}

int main(void) {
    int a[20];
    for (int i = 0; i < 20; i++) {
        a[i] = i * 7 % 20;
    }
    sort(a, 20);
    for (int i = 0; i < 20; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
