// Quicksort of what lies between two pointers.
// returns 139

void swap(int *a, int *b) {
    int t = *a;
    *a = *b;
    *b = t;
}

void sort(int *first, int *end) {
    if (end - first < 2) {
        return;
    }
    int pivot = *first;
    int *low = first;
    for (int *p = first + 1; p != end; p++) {
        if (*p < pivot) {
            low++;
            swap(low, p);
        }
    }
    swap(first, low);
    sort(first, low);
    sort(low + 1, end);
}

int main(void) {
    int a[8] = {5, 1, 9, 3, 7, 1, 8, 2};
    sort(a, a + 8);
    for (int i = 1; i < 8; i++) {
        if (a[i - 1] > a[i]) {
            return 1;
        }
    }
    return a[0] * 100 + a[3] * 10 + a[7];
}
