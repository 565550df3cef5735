// Where 126 stands among the multiples of 3, by halving.
// returns 42

int find(int a[], int n, int x) {
    int low = 0;
    int high = n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (a[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && a[low] == x ? low : -1;
}

int main(void) {
    int a[64];
    for (int i = 0; i < 64; i++) {
        a[i] = 3 * i;
    }
    return find(a, 64, 126);
}
