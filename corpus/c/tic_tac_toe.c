// Who has won: rows, columns and both diagonals of a board of characters.
// returns 88

char winner(const char board[3][4]) {
    for (int i = 0; i < 3; i++) {
        if (board[i][0] != '.' && board[i][0] == board[i][1] && board[i][1] == board[i][2]) {
            return board[i][0];
        }
        if (board[0][i] != '.' && board[0][i] == board[1][i] && board[1][i] == board[2][i]) {
            return board[0][i];
        }
    }
    if (board[1][1] != '.') {
        if (board[0][0] == board[1][1] && board[1][1] == board[2][2]) {
            return board[1][1];
        }
        if (board[0][2] == board[1][1] && board[1][1] == board[2][0]) {
            return board[1][1];
        }
    }
    return '.';
}

int main(void) {
    const char board[3][4] = {"XO.", "OX.", ".OX"};
    return winner(board);
}
