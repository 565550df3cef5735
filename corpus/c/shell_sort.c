// An array sorted with shrinking gaps.
// returns 1

void sort(int a[], int n) {
    for (int gap = n / 2; gap > 0; gap /= 2) {
        for (int i = gap; i < n; i++) {
            int t = a[i];
            int j = i;
            for (; j >= gap && a[j - gap] > t; j -= gap) {
                a[j] = a[j - gap];
            }
            a[j] = t;
        }
    }
}

int main(void) {
    int a[31];
    for (int i = 0; i < 31; i++) {
        a[i] = i * 12 % 31;
    }
    sort(a, 31);
    for (int i = 0; i < 31; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
