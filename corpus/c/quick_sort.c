// An array sorted by partition and recursion.
// returns 1

void sort(int a[], int low, int high) {
    if (low >= high) {
        return;
    }
    int pivot = a[high];
    int i = low;
    for (int j = low; j < high; j++) {
        if (a[j] < pivot) {
            int t = a[i];
            a[i] = a[j];
            a[j] = t;
            i++;
        }
    }
    a[high] = a[i];
    a[i] = pivot;
    sort(a, low, i - 1);
    sort(a, i + 1, high);
}

int main(void) {
    int a[29];
    for (int i = 0; i < 29; i++) {
        a[i] = i * 17 % 29;
    }
    sort(a, 0, 28);
    for (int i = 0; i < 29; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
