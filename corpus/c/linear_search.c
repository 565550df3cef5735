// Where 91 stands among the multiples of 7.
// returns 13

int find(int a[], int n, int x) {
    for (int i = 0; i < n; i++) {
        if (a[i] == x) {
            return i;
        }
    }
    return -1;
}

int main(void) {
    int a[30];
    for (int i = 0; i < 30; i++) {
        a[i] = 7 * i;
    }
    return find(a, 30, 91);
}
