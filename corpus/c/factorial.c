// Five factorial.
// returns 120

int factorial(int n) {
    int p = 1;
    while (n > 1) {
        p *= n;
        n--;
    }
    return p;
}

int main(void) {
    return factorial(5);
}
