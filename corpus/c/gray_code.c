// The Gray code of 10.
// returns 15

int main(void) {
    int n = 10;
    return n ^ n >> 1;
}
