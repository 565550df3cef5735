// An array sorted by merging halves.
// returns 1

void merge(int a[], int b[], int low, int middle, int high) {
    int i = low;
    int j = middle;
    for (int k = low; k < high; k++) {
        if (i < middle && (j >= high || a[i] <= a[j])) {
            b[k] = a[i];
            i++;
        } else {
            b[k] = a[j];
            j++;
        }
    }
    for (int k = low; k < high; k++) {
        a[k] = b[k];
    }
}

void sort(int a[], int b[], int low, int high) {
    if (high - low < 2) {
        return;
    }
    int middle = (low + high) / 2;
    sort(a, b, low, middle);
    sort(a, b, middle, high);
    merge(a, b, low, middle, high);
}

int main(void) {
    int a[23];
    int b[23];
    for (int i = 0; i < 23; i++) {
        a[i] = i * 9 % 23;
    }
    sort(a, b, 0, 23);
    for (int i = 0; i < 23; i++) {
        if (a[i] != i) {
            return 0;
        }
    }
    return 1;
}
