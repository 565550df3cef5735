// An array moved by three places, by three reversals.
// returns 3

void turn(int a[], int low, int high) {
    while (low < high) {
        int t = a[low];
        a[low] = a[high];
        a[high] = t;
        low++;
        high--;
    }
}

int main(void) {
    int a[8];
    for (int i = 0; i < 8; i++) {
        a[i] = i;
    }
    turn(a, 0, 2);
    turn(a, 3, 7);
    turn(a, 0, 7);
    return a[0];
}
