// An array sorted by insertion.
// returns 1

void sort(int a[], int n) {
    for (int i = 1; i < n; i++) {
        int key = a[i];
        int j = i - 1;
        while (j >= 0 && a[j] > key) {
            a[j + 1] = a[j];
            j--;
        }
        a[j + 1] = key;
    }
}

int main(void) {
    int a[17];
    for (int i = 0; i < 17; i++) {
        a[i] = i * 5 % 17;
    }
    sort(a, 17);
    for (int i = 0; i < 17; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
