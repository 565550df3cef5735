// Binary search that returns where the value lies, or null.
// returns 60

int *search(int *low, int *high, int value) {
    while (low < high) {
        int *middle = low + (high - low) / 2;
        if (*middle == value) {
            return middle;
        }
        if (*middle < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

int main(void) {
    int a[] = {2, 3, 5, 7, 11, 13, 17, 19};
    int *found = search(a, a + 8, 17);
    int *missing = search(a, a + 8, 4);
    return missing ? 1 : (found - a) * 10;
}
