// The tenth, from a table.
// returns 55

int main(void) {
    int f[11];
    f[0] = 0;
    f[1] = 1;
    for (int i = 2; i <= 10; i++) {
        f[i] = f[i - 1] + f[i - 2];
    }
    return f[10];
}
