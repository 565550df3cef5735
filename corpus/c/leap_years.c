// Leap years from 1901 to 2000.
// returns 25

int main(void) {
    int count = 0;
    for (int y = 1901; y <= 2000; y++) {
        if ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0) {
            count++;
        }
    }
    return count;
}
