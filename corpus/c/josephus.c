// Who is left of 41 in a circle where every third goes, counted from 1.
// returns 31

int main(void) {
    int last = 0;
    for (int n = 2; n <= 41; n++) {
        last = (last + 3) % n;
    }
    return last + 1;
}
